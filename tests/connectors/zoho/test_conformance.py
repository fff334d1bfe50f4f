"""The conformance kit on the Zoho connector and its sandbox."""

from fairlead.testing.conformance import ConnectorConformance, Stage


class TestZoho(ConnectorConformance):
    connector = "zoho"

    def test_a_merged_record_lives_on_under_the_other_id(self, stage: Stage) -> None:
        """Zoho tells of no merge: the one record is deleted, the other is read with what it took over.

        No answer of the interface names the two together (BEHAVIOR.md), so nothing is guessed.
        """
        cursor, deleted = stage.read().cursor, stage.deletions().cursor
        stage.settle()
        keep, lose = stage.ids(2)
        stage.do("edit", stage.object(), keep, {"Country": None})
        stage.do("edit", stage.object(), lose, {"Country": "SE"})

        stage.do("merge", stage.object(), keep, lose)
        stage.settle()

        found, gone = stage.read(cursor).latest, stage.deletions(deleted).by_id
        assert found[keep].values["Country"] == "SE"
        assert found[keep].aliases == ()
        assert lose not in found
        assert gone[lose].merged_into is None

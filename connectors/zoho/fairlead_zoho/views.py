"""Views that a person makes: Zoho CRM's interface reads custom views and cannot make them."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.plugins.fields import SetupStep

__all__ = ["explained_views"]


def explained_views(fields: Mapping[str, str]) -> list[SetupStep]:
    """Return one step per view, with what a person enters."""
    priority = fields.get("lead.priority", "the priority")
    score = fields.get("lead.score", "the score")
    state = fields.get("introduction.reward_state", "the state of the reward")
    return [
        SetupStep(
            "explain",
            "view Call now",
            "in Leads: All Leads, Create View, name `Call now`; criterion: "
            f"`{priority}` is `Clinician now` or `Call now`; columns: name, phone, `{score}`; "
            f"then sort by `{score}`, greatest first",
            done=False,
        ),
        SetupStep(
            "explain",
            "view Rewards held",
            f"in Leads: All Leads, Create View, name `Rewards held`; criterion: `{state}` is `Held`; "
            "columns: name, partner, reward",
            done=False,
        ),
    ]

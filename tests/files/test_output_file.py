"""An output file is there whole, or not at all."""

import stat
from pathlib import Path

import pytest

from fairlead.files.output_file import OutputFile
from fairlead.problems import UsageError


def test_a_file_has_its_name_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"

    with OutputFile(str(path)) as file:
        file.write(b"one\n")
        assert not path.exists()

    assert path.read_bytes() == b"one\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_the_old_file_stays_when_writing_stops(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def write() -> None:
        with OutputFile(str(path)) as file:
            file.write(b"new")
            raise failure

    with pytest.raises(failure):
        write()

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    target = tmp_path / "real.jsonl"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)

    with OutputFile(str(link)) as file:
        file.write(b"new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        OutputFile(str(tmp_path))
    assert caught.value.problems[0].code == "unwritable-file"

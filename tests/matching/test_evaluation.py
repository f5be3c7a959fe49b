"""The evaluation command: what it reads, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from matching import evaluation

DEMANDS = 'id\ttitle\tcontent\nd1\t保持架检测\t尼龙保持架\nd2\t"隔膜\t涂覆\n'
ACHIEVEMENTS = (
    "id\ttitle\tcontent\na1\t保持架在线检测\t\na2\t电池隔膜\na3\t阿胶酶解\t肽\n"
)
PAIRS = "demand_id\tachievement_id\tlevel\nd1\ta1\t4\nd1\ta3\t1\nd2\ta2\t3\nd1\ta1\t4\n"


def written(folder: Path, **files: str | bytes) -> list[str]:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.tsv").write_bytes(data)
    return [
        str(folder / f"{name}.tsv") for name in ("demands", "achievements", "pairs")
    ]


def run(folder: Path, **files: str | bytes) -> int:
    given = {"demands": DEMANDS, "achievements": ACHIEVEMENTS, "pairs": PAIRS, **files}
    return evaluation.main(
        [*written(folder, **given), "-o", str(folder / "scores.tsv")]
    )


@pytest.mark.parametrize("change", ["", "bom", "crlf"])
def test_every_pair_gets_its_score(
    tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    demands: str | bytes = {
        "": DEMANDS,
        "bom": b"\xef\xbb\xbf" + DEMANDS.encode(),
        "crlf": DEMANDS.replace("\n", "\r\n"),
    }[change]

    assert run(tmp_path, demands=demands) == 0
    header, *lines = (tmp_path / "scores.tsv").read_text(encoding="utf-8").splitlines()
    scores = {tuple(line.split("\t")[:2]): float(line.split("\t")[2]) for line in lines}
    assert header == "demand_id\tachievement_id\tscore"
    assert list(scores) == [("d1", "a1"), ("d1", "a3"), ("d2", "a2")]
    assert scores["d1", "a1"] > 0.5 > scores["d1", "a3"] == 0.0
    assert "3 pairs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"demands": "id\ttitle\n"}, "lacks the column content"),
        ({"demands": ""}, "lacks the column id, title, content"),
        (
            {"pairs": "demand\tachievement\n"},
            "lacks the column demand_id, achievement_id",
        ),
        ({"pairs": PAIRS + "d9\ta1\t1\n"}, "'d9', which is not among the demands"),
        ({"pairs": PAIRS + "d1\ta9\t1\n"}, "'a9', which is not among the achievements"),
        (
            {"achievements": "id\ttitle\tcontent\n\t保持架\t\n"},
            "line 2: the id is empty",
        ),
        (
            {"achievements": ACHIEVEMENTS + "a4\tx\ty\tz\n"},
            "line 5: 4 cells under 3 columns",
        ),
        ({"demands": DEMANDS.encode("gb18030")}, "is not UTF-8"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(
    tmp_path: Path,
    files: dict[str, str | bytes],
    expected: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(tmp_path, **files) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "scores.tsv").exists()


def test_a_missing_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = evaluation.main(
        [str(tmp_path / "none.tsv")] * 3 + ["-o", str(tmp_path / "scores.tsv")]
    )

    assert status == 2
    assert "none.tsv" in capsys.readouterr().err

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import featurenerf
from featurenerf import UserError
from featurenerf.exports import video
from featurenerf.exports.turntable import spread_over, turning_pictures
from featurenerf.exports.video import even, write_video
from featurenerf.view_pictures import colour_picture
from featurenerf.views_around import own_angles, poses_around
from render.cameras import orbit_pose


def read_video(path: Path) -> tuple[str, np.ndarray]:
    """What ffmpeg says of the file's video stream, and its frames."""
    from imageio_ffmpeg import get_ffmpeg_exe

    words = [get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    answer = subprocess.run(words, capture_output=True, check=True)
    (about,) = re.findall(r"Video: h264.*", answer.stderr.decode())
    width, height = map(int, re.search(r", (\d+)x(\d+)", about).groups())
    return about, np.frombuffer(answer.stdout, np.uint8).reshape(-1, height, width, 3)


def plain(height: int, width: int, *greys: int) -> list[np.ndarray]:
    return [np.full((height, width, 3), grey, dtype=np.uint8) for grey in greys]


def test_a_video_holds_the_frames_in_order(tmp_path: Path) -> None:
    write_video(tmp_path / "new" / "grey.mp4", plain(64, 96, 0, 128, 255), 8)
    about, frames = read_video(tmp_path / "new" / "grey.mp4")
    assert "yuv420p" in about and " 8 fps" in about
    assert frames.shape == (3, 64, 96, 3)
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), [0, 128, 255], atol=4)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["grey.mp4"]


def test_an_odd_frame_gets_another_row_and_column(tmp_path: Path) -> None:
    assert even(np.arange(9, dtype=np.uint8).reshape(1, 3, 3)).tolist()[1][3] == [6, 7, 8]
    write_video(tmp_path / "odd.mp4", plain(33, 47, 90), 8)
    assert read_video(tmp_path / "odd.mp4")[1].shape == (1, 34, 48, 3)


def test_a_rendering_that_fails_leaves_the_old_video(tmp_path: Path) -> None:
    def failing() -> Iterator[np.ndarray]:
        yield from plain(32, 32, 10, 20)
        raise KeyboardInterrupt

    (tmp_path / "old.mp4").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "old.mp4", failing(), 8)
    assert (tmp_path / "old.mp4").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_without_the_encoder_nothing_is_rendered(
    first: featurenerf.SeenObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r'run `pip install -e "\.\[video\]"`'):
        featurenerf.export_turntable(first, tmp_path / "turn.mp4", 2)
    assert "own_view" not in vars(first)
    assert not (tmp_path / "turn.mp4").exists()


def test_a_camera_turns_around_the_vertical_axis_at_its_height() -> None:
    pose = orbit_pose(30, 20, 1.3)
    assert own_angles(pose) == pytest.approx((30, 20))
    same, behind = poses_around(pose, [0, 180], 1.3)
    np.testing.assert_allclose(same, pose, atol=1e-6)
    np.testing.assert_allclose(behind[:3, 3], pose[:3, 3] * [-1, 1, -1], atol=1e-6)


def test_a_turn_starts_at_the_objects_own_camera(first: featurenerf.SeenObject) -> None:
    pictures = list(turning_pictures(first, 3))
    assert [picture.shape for picture in pictures] == [(256, 768, 3)] * 3
    for turn, picture in zip((0, 120, 240), pictures, strict=True):
        azimuth, elevation = own_angles(first.pose)
        view = first.render(azimuth=azimuth + turn, elevation=elevation)
        difference = picture[::8, :256:8].astype(int) - colour_picture(view)  # each pixel is 8 x 8
        assert np.abs(difference).max() <= 1
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() > 20


def test_views_for_the_colours_are_spread_over_the_turn() -> None:
    assert spread_over(48, 4) == [0, 12, 24, 36]
    assert spread_over(3, 4) == [0, 1, 2]
    assert spread_over(1, 4) == [0]


def test_a_turntable_has_as_many_frames_as_asked_for(first: featurenerf.SeenObject, tmp_path: Path) -> None:
    featurenerf.export_turntable(first, tmp_path / "turn.mp4", 5)
    assert read_video(tmp_path / "turn.mp4")[1].shape == (5, 256, 768, 3)
    with pytest.raises(UserError, match="frames must be at least 1"):
        featurenerf.export_turntable(first, tmp_path / "turn.mp4", 0)

"""A folder of pictures with a folder for each class is read as Keras reads it, or refused."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pictures import content, folder, pixels
from secateur.core.errors import InputError
from secateur.data import gathered, image_folder
from secateur.data.parameters import Data
from user_data import divide, parts_refused, read, refusal

CLASSES = {"cat": 5, "dog": 7, "ant": 4}


def refused(top: Path, *words: str, **data: Any) -> str:
    """The message, which names a path and what to do."""
    message = refusal(top, "multiclass", **data)
    assert "\n" not in message
    assert all(word in message for word in words), message
    return message


def test_classes_are_the_sorted_folders_and_pictures_are_bytes(tmp_path: Path) -> None:
    raw = read(folder(tmp_path / "p", CLASSES), "multiclass")
    assert raw.classes == ["ant", "cat", "dog"]
    assert np.bincount(raw.target.astype(int)).tolist() == [4, 5, 7]
    assert np.asarray(raw.inputs).dtype == np.uint8
    seeds = [*range(12, 16), *range(5), *range(5, 12)]
    np.testing.assert_array_equal(raw.inputs, [pixels(seed) for seed in seeds])
    assert raw.split_by is None
    assert not raw.notes


def test_the_order_is_that_of_keras(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", {"a": 3, "b": 3})
    names = ["10.png", "2.png", "Z.PNG", "sub/1.jpg", "sub-2/1.bmp", "sub/x/0.Jpeg", "zz/a.JPG"]
    for i, name in enumerate(names):
        (top / "a" / name).parent.mkdir(exist_ok=True)
        (top / "a" / name).write_bytes(content(pixels(90 + i)))
    from tf_keras.src.utils.dataset_utils import index_directory

    kinds = (".bmp", ".jpeg", ".jpg", ".png")
    paths, labels, classes = index_directory(str(top), "inferred", kinds, shuffle=False)
    found = image_folder.find(str(top))
    assert found.paths == [str(path) for path in paths]
    assert found.paths[4].endswith("Z.PNG")
    assert (found.labels.tolist(), found.classes) == (labels.tolist(), classes)


def test_hidden_files_are_ignored_and_others_told(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    for name in (".DS_Store", "cat/._0.png", "dog/.cache/1.png", ".git/2.png"):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text("no picture")
    for name in ("labels.txt", "cat/Thumbs.db", "cover.jpg"):
        (top / name).write_text("no picture")
    raw = read(top, "multiclass")
    assert len(raw.target) == 16
    assert len(raw.notes) == 2
    assert "1 pictures" in raw.notes[0]
    assert f"{top}/cover.jpg" in raw.notes[0]
    assert "2 files" in raw.notes[1]
    assert f"{top}/labels.txt" in raw.notes[1]


def test_two_classes_are_binary_and_numbers_are_refused(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", {"0": 4, "1": 4})
    assert read(top, "binary").classes == ["0", "1"]
    assert "task: binary" in refusal(top, "regression")
    assert "binary needs exactly 2" in refusal(folder(tmp_path / "q", CLASSES), "binary")


@pytest.mark.parametrize("validation", ["validation", "val", "Valid", "dev"])
def test_parts_that_are_given_are_kept(tmp_path: Path, validation: str) -> None:
    top, start = tmp_path / "p", 0
    for part, counts in (("test", [2, 3]), ("train", [5, 6]), (validation, [1, 2])):
        for name, count in zip("ab", counts, strict=True):
            (top / part / name).mkdir(parents=True)
            for i in range(count):
                start += 1
                (top / part / name / f"{i}.png").write_bytes(content(pixels(start)))
    (top / "readme.txt").touch()
    raw, divided = divide(top, "multiclass")
    assert raw.classes == ["a", "b"]
    assert [len(part) for part in divided.parts] == [11, 3, 5]
    train = np.asarray(raw.inputs)[divided.parts[0]]
    np.testing.assert_array_equal(train, [pixels(seed) for seed in range(6, 17)])
    assert raw.target[divided.parts[2]].tolist() == [0, 0, 1, 1, 1]
    assert "readme.txt" in raw.notes[0]


def test_a_part_that_is_not_given_is_drawn(tmp_path: Path) -> None:
    folder(tmp_path / "p" / "train", {"a": 10, "b": 10})
    folder(tmp_path / "p" / "test", {"a": 3, "b": 3}, width=5)
    _, divided = divide(tmp_path / "p", "binary", duplicates="ignore")
    assert [len(part) for part in divided.parts] == [16, 4, 6]
    assert divided.parts[2].tolist() == [*range(20, 26)]


def test_a_train_beside_a_bus_is_a_class(tmp_path: Path) -> None:
    assert read(folder(tmp_path / "p", {"bus": 3, "train": 4}), "binary").classes == [
        "bus",
        "train",
    ]


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    top = folder(tmp_path / "a", {"train": 3, "test": 3})
    refused(top, "a/train: ", "no folder")
    for name in ("train", "test", "extra"):
        folder(tmp_path / "b" / name, {"a": 3, "b": 3})
    refused(tmp_path / "b", "b: ", "'extra'")
    for name in ("train", "val", "valid"):
        folder(tmp_path / "c" / name, {"a": 3, "b": 3})
    refused(tmp_path / "c", "c: ", "'val'", "'valid'")
    folder(tmp_path / "d" / "test", {"a": 3, "b": 3})
    refused(tmp_path / "d", "d: ", "'train'")
    folder(tmp_path / "e" / "train", {"a": 3, "b": 3})
    folder(tmp_path / "e" / "test", {"a": 3})
    refused(tmp_path / "e", "e/test: ", "'b'", "delete")
    (tmp_path / "e" / "test" / "b").mkdir()
    refused(tmp_path / "e", "e/test/b: ", "without a picture")


def test_folders_without_classes_are_refused(tmp_path: Path) -> None:
    refused(tmp_path, "folder", ".npz", "cat/1.png")
    (tmp_path / "t.csv").touch()
    refused(tmp_path, "t.csv")
    (tmp_path / "1.png").write_bytes(content(pixels(0)))
    refused(tmp_path, "pictures", "no folder", "cat/1.png")
    top = folder(tmp_path / "one", {"cat": 5})
    refused(top, "one: ", "'cat'", "at least 2")
    (top / "dog").mkdir()
    refused(top, "one/dog: ", "without a picture", "delete")
    (top / "dog" / "a.txt").touch()
    refused(top, "one/dog: ", "without a picture")


def test_a_class_with_too_few_pictures_is_refused(tmp_path: Path) -> None:
    refused(folder(tmp_path / "p", {"a": 5, "b": 2}), "p/b: ", "2 pictures", "at least 3")


def test_unequal_sizes_need_resize(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    (top / "cat" / "1.png").write_bytes(content(pixels(0, 7, 9)))
    keys = ("data.image.size: [6, 5]", "data.image.resize")
    refused(top, "p/cat/1.png: ", "7 x 9", "6 x 5", "ant/0.png", *keys)
    message = refused(top, "p/ant/0.png: ", "6 x 5", "7 x 9", image={"size": [7, 9]})
    assert "data.image.size" in message
    raw = read(top, "multiclass", image={"size": [4, 3], "resize": "pad", "color": "grayscale"})
    assert np.shape(raw.inputs) == (16, 4, 3, 1)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    for content_, word in (
        (b"", "empty"),
        (b"text", "not a PNG"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ):
        (top / "dog" / "3.png").write_bytes(content_)
        refused(top, "p/dog/3.png: ", word)


def test_other_kinds_of_pictures_are_refused_not_left_out(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    (top / "dog" / "a.GIF").touch()
    refused(top, "p/dog/a.GIF: ", "PNG, JPEG or BMP", "convert")


def test_links_and_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    link = top / "cat" / "more"
    link.symlink_to(top)
    refused(top, "p/cat/more: ", "link", "DVC")
    link.unlink()
    link.symlink_to("more")
    refused(top, "p/cat", "more")
    link.unlink()
    link = top / "cat" / "x.png"
    link.symlink_to("nowhere.png")
    refused(top, "p/cat/x.png: ", "link")
    link.unlink()
    link.symlink_to("../dog/0.png")  # as DVC may link into its cache
    assert len(read(top, "multiclass").target) == 17
    link.unlink()
    os.mkfifo(link)
    refused(top, "p/cat/x.png: ", "no regular file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")
def test_what_has_no_permission_is_named(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    (top / "dog" / "2.png").chmod(0)
    refused(top, "p/dog/2.png: ", "cannot be read", "permissions")
    (top / "cat").chmod(0)
    refused(top, "p/cat: ", "cannot be read", "permissions")
    (top / "cat").chmod(0o700)


def test_keys_that_need_columns_are_refused(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    refused(top, "data.drop", drop=["a"])
    message = parts_refused(top, "multiclass", group="patient")
    assert all(word in message for word in ("split.group", "folders train"))


def test_image_is_for_pictures_only(tmp_path: Path) -> None:
    for name in ("t.csv", "t.npz"):
        assert "image" in refusal(tmp_path / name, image={})
    np.savez(tmp_path / "t.npz", x=np.eye(6), y=[0, 1] * 3)
    refused(tmp_path, "data.image", "leave it out", image={})
    assert "needs size" in refusal(tmp_path, image={"resize": "crop"})


def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path) -> None:
    refused(folder(tmp_path / "p", {"a": 3, "b\nc": 3}), "rename")


def test_turned_pictures_are_told(tmp_path: Path) -> None:
    top, exif = folder(tmp_path / "p", CLASSES), Image.Exif()
    exif[0x0112] = 8
    image = Image.fromarray(pixels(0))
    (top / "cat" / "2.png").write_bytes(content(image, "JPEG", exif=exif))
    (note,) = read(top, "multiclass").notes
    assert all(word in note for word in ("1 pictures", "EXIF", "cat/2.png"))


def test_pictures_beyond_memory_lie_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "IN_MEMORY", 500)
    raw = read(folder(tmp_path / "p", CLASSES), "multiclass")
    assert not np.asarray(raw.inputs).flags.writeable
    seeds = [*range(12, 16), *range(5), *range(5, 12)]
    np.testing.assert_array_equal(raw.inputs, [pixels(seed) for seed in seeds])


def test_check_lists_all_and_decodes_the_first_only(tmp_path: Path) -> None:
    top = folder(tmp_path / "p", CLASSES)
    (top / "dog" / "3.png").write_text("broken")
    data = Data(source=str(top))
    image_folder.check(data, "multiclass", None)
    (top / "ant" / "0.png").write_text("broken")
    with pytest.raises(InputError, match=r"ant/0\.png"):
        image_folder.check(data, "multiclass", None)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_several_broken_pictures_are_named_at_once(tmp_path: Path, count: int) -> None:
    top = folder(tmp_path / "p", {"cat": 12, "dog": 12})
    paths = [top / "cat" / f"{i}.png" for i in range(3, 3 + count)]
    for path in paths:
        path.write_text("broken")
    message = refusal(top, "binary")
    assert "\n" not in message
    named = [path for path in sorted(map(str, paths)) if path in message]
    assert len(named) == min(count, 5)
    assert message.startswith(named[0])
    assert ("and perhaps others" in message) == (count > 4)

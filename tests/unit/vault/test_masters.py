"""Master keys as people write them, and what a wrong one is answered with; the cipher and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handrail.domain.access.vault import bound
from handrail.domain.errors import InvalidInput, KeyUnknown
from handrail.vault import cipher
from handrail.vault.masters import LocalMasterKeys, master_id, new_master, read_masters


async def test_the_first_wraps_and_all_unwrap() -> None:
    old, new = new_master(), new_master()
    wrapped = await LocalMasterKeys([old]).wrap(b"k" * 32, b"about")
    both = LocalMasterKeys([new, old])
    assert wrapped.master == master_id(old)
    assert (both.first, *both.ids) == (master_id(new), master_id(new), master_id(old))
    assert await both.unwrap(wrapped, b"about") == b"k" * 32
    assert (await both.wrap(b"", b"")).master == master_id(new)
    with pytest.raises(KeyUnknown, match="does not open what is kept under it"):
        await both.unwrap(wrapped, b"else")


def test_an_id_says_nothing_of_its_key() -> None:
    key = new_master()
    assert re.fullmatch("m[0-9a-f]{12}", master_id(key))
    assert master_id(key) == master_id(key) != master_id(new_master())


@pytest.mark.parametrize("text", ["", "secret", f"hrmk_{'A' * 42}", f"hrmk_{'A' * 44}", f"hrmk-{'A' * 43}"])
def test_no_key_is_told_by_its_place_and_never_shown(text: str) -> None:
    with pytest.raises(
        InvalidInput, match=rf"^HANDRAIL_MASTER_KEYS: key 2 of 2 is none \({len(text)} characters?\)"
    ) as caught:
        LocalMasterKeys([new_master(), text])
    assert not text or text not in str(caught.value)


def test_a_key_twice_and_no_key_are_refused() -> None:
    key = new_master()
    with pytest.raises(InvalidInput, match="stands there twice"):
        LocalMasterKeys([key, key])
    with pytest.raises(InvalidInput, match="holds no key"):
        LocalMasterKeys([])


def test_keys_come_of_the_setting_or_of_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = new_master(), new_master()
    file = tmp_path / "master.keys"
    file.write_text(f"# of November\n{first}  # {master_id(first)}\n\n{second}\n")
    file.chmod(0o600)
    assert read_masters("", file) == read_masters(f" {first}\n{second} ", None) == [first, second]
    assert read_masters("", None) == []
    with pytest.raises(InvalidInput, match="both are set"):
        read_masters(first, file)
    file.chmod(0o644)
    with pytest.raises(InvalidInput, match=r"may be read by everybody here\. Run `chmod 600"):
        read_masters("", file)
    with pytest.raises(InvalidInput, match=r"cannot be read \(No such file"):
        read_masters("", tmp_path / "none")


def test_what_was_sealed_opens_with_its_key_and_its_place_alone() -> None:
    key, text = b"1" * 32, cipher.sealed(b"1" * 32, b"plain", b"here")
    assert cipher.opened(key, text, b"here") == b"plain"
    for other in ((b"2" * 32, text, b"here"), (key, text, b"there"), (key, text[:-1] + b"x", b"here"), (key, b"", b"here")):
        with pytest.raises(ValueError, match="does not fit"):
            cipher.opened(*other)


def test_long_texts_are_packed_where_that_pays() -> None:
    long, noise = b"Where is my parcel? " * 100, bytes(range(256)) * 2
    assert len(cipher.packed(long)) < len(long) / 4
    for plain in (b"", b"short", long, noise):
        assert cipher.unpacked(cipher.packed(plain)) == plain
    with pytest.raises(ValueError, match="which this version does not know"):
        cipher.unpacked(b"\x09abc")


def test_a_text_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = cipher.packed(b"0" * 5_000)
    monkeypatch.setattr(cipher, "LONGEST", 1_000)
    with pytest.raises(ValueError, match="unpacks to more than 1000 bytes"):
        cipher.unpacked(text)


def test_parts_that_are_bound_cannot_be_shifted() -> None:
    assert bound("a", "bc") != bound("ab", "c") != bound("abc")

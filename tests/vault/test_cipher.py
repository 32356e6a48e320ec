"""One sealed value: nothing but the very same bytes, key and context opens it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import VaultFailure, as_problem
from tests.vault import second_implementation
from vault.cipher import HEADER_BYTES, SHORTEST, Context, Key, key_id_of, open_with, seal_with

KEY = Key(id=b"\x01" * 8, secret=b"\x02" * 32)
OTHER = Key(id=b"\x03" * 8, secret=b"\x04" * 32)
TOKEN = b"1//0gTestsOnly-" + b"x" * 88
CONTEXT = Context(
    table="connections_credential",
    row="6f0f3b1e-2f53-4a51-9d4b-0a6f4f0f7a11",
    field="refresh_token",
    purpose="connection",
    connector="gmail",
    subject="110169484474386276334",
    version=1,
)
ELSEWHERE = Context(
    table="connections_consentattempt",
    row="0d2b6f6c-8e0d-4d0e-8a4c-1b1f2f3a4b5c",
    field="access_token",
    purpose="consent",
    connector="calendar",
    subject="104722910118342229119",
    version=2,
)

texts = st.text(max_size=40)
contexts = st.builds(
    Context,
    table=texts,
    row=texts,
    field=texts,
    purpose=texts,
    connector=texts,
    subject=texts,
    version=st.integers(min_value=0),
)
keys = st.builds(Key, id=st.binary(min_size=8, max_size=8), secret=st.binary(min_size=32, max_size=32))


def opens(sealed: bytes, context: Context = CONTEXT, key: Key = KEY) -> bool:
    """Whether it opens, whatever id of a key it names."""
    try:
        open_with(lambda _key_id: key, context, sealed)
    except VaultFailure:
        return False
    return True


def bit_flips(sealed: bytes) -> Iterator[bytes]:
    for position in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)


def context_swaps() -> Iterator[Context]:
    """Each field alone as it is elsewhere; what is sealed there is tried here by the caller."""
    for name, value in asdict(ELSEWHERE).items():
        yield replace(CONTEXT, **{name: value})


def test_nothing_altered_is_accepted(figure: Callable[[str], None]) -> None:
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    flipped = list(bit_flips(sealed))
    truncated = [sealed[:length] for length in range(len(sealed))]
    swapped = [(sealed, context) for context in context_swaps()]
    swapped += [(seal_with(KEY, context, TOKEN), CONTEXT) for context in context_swaps()]

    assert opens(sealed)
    accepted = sum(opens(each) for each in flipped + truncated) + sum(opens(each, there) for each, there in swapped)
    figure(
        f"vault: {len(flipped)} bit flips, {len(truncated)} truncations, "
        f"{len(swapped)} context swaps (7 fields, both ways) tried, {accepted} accepted"
    )
    assert (len(flipped), len(truncated), len(swapped)) == (8 * 221, 221, 2 * 7)
    assert accepted == 0


def test_one_byte_more_is_not_accepted() -> None:
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    assert not any(opens(each) for each in (sealed + b"\x00", b"\x00" + sealed, sealed + sealed))


def test_a_border_between_two_fields_cannot_move() -> None:
    sealed = seal_with(KEY, replace(CONTEXT, table="ab", row="c"), TOKEN)
    assert not opens(sealed, replace(CONTEXT, table="a", row="bc"))


def test_values_of_two_fields_cannot_change_places() -> None:
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    assert not opens(sealed, replace(CONTEXT, connector=CONTEXT.purpose, purpose=CONTEXT.connector))


@pytest.mark.parametrize(
    "key",
    [OTHER, Key(id=KEY.id, secret=OTHER.secret), Key(id=OTHER.id, secret=KEY.secret)],
    ids=["another key", "another key under the same id", "the same bits under another id"],
)
def test_another_key_opens_nothing(key: Key) -> None:
    sealed = seal_with(key, CONTEXT, TOKEN)
    assert opens(sealed, key=key)
    renamed = sealed[:5] + KEY.id + sealed[13:]
    assert not opens(renamed)


def test_an_unknown_key_id_is_a_failure() -> None:
    with pytest.raises(VaultFailure):
        open_with(lambda _key_id: None, CONTEXT, seal_with(KEY, CONTEXT, TOKEN))


def test_the_commitment_is_checked_before_anything_is_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = bytearray(seal_with(KEY, CONTEXT, TOKEN))
    sealed[HEADER_BYTES] ^= 1
    monkeypatch.delattr("vault.cipher.AESGCM")
    assert not opens(bytes(sealed))


def test_every_failure_says_the_same() -> None:
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    said = set()
    for broken, context in [
        (b"", CONTEXT),
        (sealed[:-1], CONTEXT),
        (b"XXX" + sealed[3:], CONTEXT),
        (sealed, ELSEWHERE),
    ]:
        with pytest.raises(VaultFailure) as caught:
            open_with(lambda _key_id: KEY, context, broken)
        said.add(str(as_problem(caught.value)))
        assert caught.value.__cause__ is None
    assert len(said) == 1


@pytest.mark.parametrize("padded", [b"", b"\x00" * 64, b"x" * 64, b"x\x80" + b"\x00" * 64], ids=repr)
def test_authentic_bytes_without_proper_padding_do_not_open(padded: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.cipher._pad", lambda _plaintext: padded)
    assert not opens(seal_with(KEY, CONTEXT, b""))


def test_the_length_tells_only_the_number_of_blocks() -> None:
    lengths = {len(seal_with(KEY, CONTEXT, b"x" * size)) for size in range(64)}
    assert lengths == {SHORTEST}


def test_two_seals_of_one_value_share_nothing_but_their_head() -> None:
    first, second = seal_with(KEY, CONTEXT, TOKEN), seal_with(KEY, CONTEXT, TOKEN)
    assert first[:13] == second[:13]
    assert first[13:45] != second[13:45]
    assert first[45:77] != second[45:77]
    assert first[77:] != second[77:]


def test_the_key_id_is_read_from_sealed_values_only() -> None:
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    assert key_id_of(sealed) == KEY.id
    assert key_id_of(b"CXV\x01\x01" + KEY.id) == b""
    assert key_id_of(b"x" * len(sealed)) == b""


def test_the_bits_of_a_key_are_not_in_its_repr() -> None:
    shown = repr(Key(id=b"\x01" * 8, secret=b"do not show these thirty-two b.."))
    assert "do not show" not in shown


@given(key=keys, context=contexts, plaintext=st.binary(max_size=300))
def test_what_was_sealed_opens(key: Key, context: Context, plaintext: bytes) -> None:
    sealed = seal_with(key, context, plaintext)
    assert open_with(lambda key_id: key if key_id == key.id else None, context, sealed) == plaintext


@given(context=contexts, other=contexts)
def test_two_contexts_encode_alike_only_when_they_are_equal(context: Context, other: Context) -> None:
    assert (context.encode() == other.encode()) == (context == other)


@given(key=keys, context=contexts, plaintext=st.binary(max_size=300), salt=st.binary(min_size=32, max_size=32))
def test_a_second_implementation_opens_the_first_and_the_reverse(
    key: Key, context: Context, plaintext: bytes, salt: bytes
) -> None:
    ours = seal_with(key, context, plaintext, lambda size: salt[:size])
    theirs = second_implementation.seal(key.id, key.secret, salt, asdict(context), plaintext)
    assert ours == theirs
    assert second_implementation.open_sealed(key.secret, asdict(context), ours) == plaintext
    assert open_with(lambda _key_id: key, context, theirs) == plaintext


def test_the_second_implementation_is_as_strict() -> None:
    """Otherwise its agreement would say little."""
    sealed = seal_with(KEY, CONTEXT, TOKEN)
    with pytest.raises(InvalidTag):
        second_implementation.open_sealed(KEY.secret, asdict(ELSEWHERE), sealed)
    with pytest.raises(AssertionError):
        second_implementation.open_sealed(OTHER.secret, asdict(CONTEXT), sealed)

"""Damaged content for tests of whatever may be in a file."""

from hypothesis import strategies as st


@st.composite
def mutated(draw: st.DrawFn, content: bytes, tokens: list[bytes]) -> bytes:
    """The content with a few places overwritten, removed or repeated."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(changed)))
        end = start + draw(st.sampled_from([0, 1, 2, 8, 200]))
        changed[start:end] = draw(
            st.sampled_from([*tokens, b"", bytes(changed[start:end]) * 2]) | st.binary(max_size=4)
        )
    return bytes(changed)

"""Paths of nodes for the tests of the text pane."""

from tui.core.story import How, Node


def path(*pieces, how=How.SAMPLED, **more):
    """A path of nodes with these pieces, otherwise alike."""
    return tuple(
        Node(
            number,
            number - 1,
            number - 1,
            number,
            piece if isinstance(piece, bytes) else piece.encode(),
            how=how,
            **more,
        )
        for number, piece in enumerate(pieces, 1)
    )


def after(nodes, *pieces, **more):
    """A path with more tokens appended."""
    number = len(nodes)
    return nodes + tuple(
        Node(number + i, number + i - 1, number + i - 1, 7, piece.encode(), **{"how": How.SAMPLED, **more})
        for i, piece in enumerate(pieces, 1)
    )

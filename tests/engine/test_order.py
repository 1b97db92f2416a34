"""Another order of the stages through the whole engine: views, draws, reach, heads, and what a node remembers."""

from __future__ import annotations

import pytest

from tests.engine.looking import CLOSE, WIDTH, look
from tests.engine.test_head_views import look as look_at_head
from tests.engine.walking import start, walk
from tui.core.settings import Given
from tui.errors import InputError
from tui.protocol import PlotRequest, View, Viewed
from tui.widgets.plots.curves import Curve
from tui.widgets.plots.series import series

HOT: Given = {"temperature": 3.0, "top_p": 0.8}
LLAMA: Given = {**HOT, "order": "llama.cpp"}
ORDERS = ("transformers", "llama.cpp", "top_p,top_k", "top_p,temperature", "top_k,temperature,top_p,min_p")


def whole(given: Given, **asked: object) -> Viewed:
    return look(given, window=(0, WIDTH), **asked)


def test_the_list_sums_the_probabilities_that_top_p_sees() -> None:
    """Under llama.cpp's order the sum reaches p at the last kept candidate, though the temperature flattens them."""
    hot, llama = whole(HOT), whole(LLAMA)
    assert llama.kept < hot.kept
    assert [row.tempered for row in llama.candidates] == [row.tempered for row in hot.candidates]
    for viewed in (hot, llama):
        assert viewed.candidates[viewed.kept - 2].cumulative < 0.8 <= viewed.candidates[viewed.kept - 1].cumulative
        assert viewed.cuts[-1].mass == pytest.approx(viewed.candidates[viewed.kept - 1].cumulative)
        assert viewed.kept_mass == pytest.approx(sum(row.tempered for row in viewed.candidates[: viewed.kept]))
        assert viewed.best == pytest.approx(viewed.candidates[0].tempered)


def test_the_cumulative_plot_is_of_the_lists_sums_and_the_histogram_of_the_tempered_probabilities() -> None:
    plot = PlotRequest("cumulative", width=WIDTH, scale="linear")
    viewed = whole(LLAMA, plot=plot)
    curve = Curve.of(viewed.plot, "tempered")
    assert curve.values == pytest.approx([row.cumulative for row in viewed.candidates], **CLOSE)
    bins = []
    for given in (HOT, LLAMA):
        plotted = whole(given, plot=PlotRequest("histogram", 20)).plot
        bins.append([sum(pair) for pair in zip(series(plotted, "kept"), series(plotted, "removed"), strict=True)])
    assert bins[0] == bins[1]


@pytest.mark.parametrize("order", ORDERS)
def test_a_step_draws_what_the_view_of_the_same_place_says(order: str) -> None:
    given: Given = {"temperature": 2.0, "top_k": 12, "top_p": 0.9, "min_p": 0.02, "order": order}
    for seed in range(5):
        engine, at = start()
        viewed = engine.view(View(slot="main", at=at, given=given, seed=seed, window=(0, 28)))
        ((node,), _) = walk(engine, at, given=given, seed=seed, count=1)
        assert (node.token, node.kept) == (viewed.would_draw, viewed.kept)
        drawn = viewed.candidates[node.rank - 1]
        assert (drawn.token, node.tempered, node.final) == (node.token, drawn.tempered, drawn.final)


def test_a_node_remembers_the_order_it_was_drawn_under() -> None:
    engine, at = start()
    ((node,), _) = walk(engine, at, given=LLAMA, count=1)
    assert node.given["order"] == "llama.cpp"


def test_a_token_is_out_of_reach_if_that_order_removes_it() -> None:
    engine, at = start()
    view = engine.view(View(slot="main", at=at, given=HOT, window=(0, 28)))
    llama = engine.view(View(slot="main", at=at, given=LLAMA, window=(0, 28)))
    token = view.candidates[llama.kept].token
    ((node,), _) = walk(engine, at, given=HOT, token=token, count=1)
    reached = [engine.view(View(slot="reach", at=at, given=given, reach=[node.id])).reached for given in (HOT, LLAMA)]
    assert reached == [{node.id: ""}, {node.id: "top_p"}]


def test_an_order_that_does_not_exist_is_refused() -> None:
    engine, at = start()
    with pytest.raises(InputError, match="no order 'backwards'"):
        engine.view(View(slot="main", at=at, given={"order": "backwards"}))


@pytest.mark.parametrize("order", ORDERS)
def test_of_a_head_every_bound_of_the_sums_holds_the_truth(order: str) -> None:
    given: Given = {"temperature": 2.0, "top_p": 0.6, "order": order}
    view, real = look_at_head(given), look_at_head(given, head=28)
    for row, other in zip(view.candidates, real.candidates, strict=False):
        low, high = (row.spans[2].low, row.spans[2].high) if row.spans else (row.cumulative, row.cumulative)
        assert low - 1e-5 <= other.cumulative <= high + 1e-5
    (cut,), (whole_cut,) = view.cuts, real.cuts
    fewest, most = cut.between or (cut.left, cut.left)
    assert fewest <= whole_cut.left <= most
    if view.would_draw is not None:
        assert view.would_draw == real.would_draw


def test_temperature_last_lets_a_head_decide_more() -> None:
    """Sums of tempered probabilities depend on how the tail spreads; those of a server's own do not."""
    assert look_at_head({**HOT, "top_p": 0.5}).tail.undecided
    decided = look_at_head({**LLAMA, "top_p": 0.5})
    assert not decided.tail.undecided
    assert decided.kept == look_at_head({**LLAMA, "top_p": 0.5}, head=28).kept

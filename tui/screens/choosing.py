"""Another model: chosen on the models screen, loaded beside the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui import recent
from tui.core.origin import Origin
from tui.screens import news
from tui.screens.line import Line

if TYPE_CHECKING:
    from tui.screens.models import ModelsScreen


class Choosing(Line):
    """Opens the models screen, and loads what is chosen there."""

    _models: ModelsScreen | None = None

    def action_models(self) -> None:
        """Choose another model."""
        from tui.screens.models import ModelsScreen

        opened = self.session.client.mirror.opened
        self._models = ModelsScreen(recent.models(), self.origin, opened.device if opened else "cpu")
        self.app.push_screen(self._models, self._chosen)
        self.session.catalog()

    @on(news.CatalogIn)
    def _catalog_in(self, message: news.CatalogIn) -> None:
        if self._models is not None:
            self._models.catalog = message.catalog

    def _chosen(self, origin: Origin | None) -> None:
        self._models = None
        if origin is not None:
            self.session.switch(origin)
            self.say(f"Loading {origin.name}; esc gives it up.")

    def give_up_switch(self) -> None:
        """Load no other model."""
        self.session.give_up_switch()
        self.show_progress(None)
        self.say("The loading was given up.")

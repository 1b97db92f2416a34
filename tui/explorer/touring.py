"""The guided tour: which lesson is shown, and the setting up of its settings, place and plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tui.core.presets import UNICORNS, Preset
from tui.explorer.explorer import Explorer
from tui.explorer.status import DRAWING
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.lessons.language import Labels
from tui.lessons.lesson import Lesson

DEMO = "demo"
"""The name of the built-in model, whose numbers the lessons tell."""


class Room(Protocol):
    """What decides the plot on screen."""

    def show_plot(self, plot: str) -> None:
        """Show the plot with this id, if there is one; for '' see to it that the list is in sight."""


class Touring:
    """Holds the lessons and turns their pages. Turning changes nothing else; `set_up` can be undone."""

    def __init__(self, explorer: Explorer, tuning: Tuning, stepping: Stepping, room: Room) -> None:
        self._explorer, self._tuning, self._stepping, self._room = explorer, tuning, stepping, room
        self.lessons: Sequence[Lesson] = ()
        self.index = 0
        """Index of the lesson shown."""

    @property
    def lesson(self) -> Lesson:
        """The lesson shown. IndexError if there are none."""
        return self.lessons[self.index]

    def turn(self, by: int) -> bool:
        """Go to a lesson `by` places on; False if there is none."""
        if not 0 <= self.index + by < len(self.lessons):
            return False
        self.index += by
        return True

    def say(self, message: str) -> None:
        """Show a message in the status line."""
        self._explorer.say(message)

    def set_up(self, labels: Labels) -> None:
        """Use the lesson's settings after the prompt, show its plot, and run if the lesson is about a run's end."""
        if self._explorer.state.stepping:
            self._explorer.say(self._explorer.phrase(DRAWING))
        else:
            self._explorer.when_ready(lambda: self._set_up(self.lesson, labels))

    def _set_up(self, lesson: Lesson, labels: Labels) -> None:
        explorer = self._explorer
        self._room.show_plot(lesson.plot)
        self._tuning.preset(_preset(lesson))
        explorer.go(explorer.state.to_start(explorer.story).with_seed(lesson.seed))
        if lesson.at == "run":
            self._stepping.run()
        else:
            explorer.say(self._done(labels))

    def _done(self, labels: Labels) -> str:
        """That the lesson is set up; and where its numbers come from, if another model or prompt is on screen."""
        picture = self._explorer.picture
        at_home = picture.opened is not None and picture.opened.model == DEMO and picture.submitted == UNICORNS
        done = self._explorer.phrase(labels.set_up % (self.index + 1))
        return done if at_home else f"{done} {labels.elsewhere}"


def _preset(lesson: Lesson) -> Preset:
    """A lesson's settings as a preset; runs end where the lesson says."""
    return Preset(lesson.id, f"the lesson {lesson.id}", lesson.settings, "", "", lesson.max_length)

"""The other end of a served engine, frame by frame, without the client."""

from __future__ import annotations

import socket
import struct
import threading

from tests.engines import KEPT_OPEN
from tests.patience import PATIENCE
from tests.scripted import ScriptedEngine
from tui.core.story import Node
from tui.engine.serve import serve
from tui.protocol import Answer, Grown, Message, Open, Prompt, decode_answer, frame

"""Seconds until a test fails that waits for a message."""


class Peer:
    """The client side of `serve` over a socketpair; `status` is what `serve` returned."""

    def __init__(self, make=ScriptedEngine, *, buffer: int | None = None) -> None:
        self.socket, ours = socket.socketpair()
        KEPT_OPEN.append(ours)
        if buffer is not None:
            for end in (self.socket, ours):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.engine: ScriptedEngine | None = None
        self.status: int | None = None
        self.ended = threading.Event()

        def made():
            self.engine = make()
            return self.engine

        def run():
            self.status = serve(made, ours.fileno(), ours.fileno())
            self.ended.set()
            ours.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=run, daemon=True).start()

    def send(self, *messages: Message) -> None:
        self.socket.sendall(b"".join(frame(message) for message in messages))

    def raw(self, body: bytes) -> None:
        """A frame with this body, valid or not."""
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def read(self) -> Answer:
        return decode_answer(self._exactly(int.from_bytes(self._exactly(4), "big")))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def until(self, *kinds: type) -> list[Answer]:
        """Receive messages up to the first one of these kinds; all of them."""
        answers = [self.read()]
        while not isinstance(answers[-1], kinds):
            answers.append(self.read())
        return answers

    def answer(self, request: Message):
        """Send one request; its reply."""
        self.send(request)
        while getattr(answer := self.read(), "id", None) != request.id:
            pass
        return answer

    def prompted(self, text: str = "A herd of unicorns") -> int:
        """Open a model and send a prompt; the prompt's last node."""
        self.answer(Open(id=1))
        return self.answer(Prompt(id=2, text=text)).nodes[-1].id

    def hang_up(self) -> None:
        self.socket.close()


def nodes_in(answers) -> list[Node]:
    return [node for answer in answers if isinstance(answer, Grown) for node in answer.nodes]

"""No byte on stdin ends the program: the next key works."""

import os
import random
import signal
import threading

import pytest
from textual import events
from textual.app import App

from tui.terminal.driver import SafeDriver

F7, F12 = b"\x1b[18~", b"\x1b[24~"
PASTE_ENDS = b"\x1b[201~"

PARTS = [
    b"\xff", b"\xe2\x80", b"\xc3", b"\xf0\x9f\x98", b"\xed\xa0\x80", "한국".encode(), "한국".encode("cp949"),
    b"\x1b[M \xf0\xf1", b"\x1b[Mabc", b"\x1b[<0;999999;1M", b"\x1b[<0;-3;4m", b"\x1b[<64;5;5M",
    b"\x1b[200~", PASTE_ENDS, b"\x1b", b"\x1b[", b"\x1b[1;", b"\x1bO", b"\x1b\x1b[", b"\x1b]0;x\x07", b"\x1bP",
    b"\x1b[97;1:3u", b"\x1b[99999999999;1u", b"\x1b[55296;1u", b"\x1b[97;1;1114112u", b"\x1b[1;99999999999A",
    b"\x1b[?2026;2$y", b"\x1b[?2048;0$y", b"\x1b[48;0;0;0;0t", b"\x1b[48;9999999;9999999;1;1t", b"\x1b[1;1R",
    b"\x1b[I", b"\x1b[O", b"\r", b"\t", b"\x00", b"\x7f", b"abc",
]  # fmt: skip
"""Input that terminals send, the same broken in typical ways, and input that no terminal sends."""


def inputs(count, seed):
    """Random inputs: half made of the parts above, half of random bytes."""
    chance = random.Random(seed)
    for number in range(count):
        if number % 2:
            yield chance.randbytes(chance.randint(1, 12))
        else:
            yield b"".join(chance.choices(PARTS, k=chance.randint(1, 4)))


@pytest.fixture
async def driver():
    """A driver that reads from a pipe and keeps what it would send to the app."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    reading, writing = os.pipe()
    driver = SafeDriver(App())
    driver.fileno = reading
    driver.sent, driver.arrived = [], threading.Event()

    def send_message(message):
        driver.sent.append(message)
        if isinstance(message, events.Key) and message.key == "f12":
            driver.arrived.set()

    driver.send_message = send_message
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    driver.type = lambda data: os.write(writing, data)
    yield driver
    driver.exit_event.set()
    thread.join()
    os.close(reading)
    os.close(writing)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def read_all(driver):
    """Send a key that ends any unfinished sequence, and wait until it has been read."""
    for _ in range(20):
        driver.type(PASTE_ENDS + b"~~" + F12)
        if driver.arrived.wait(1.5):
            return driver.sent
    raise AssertionError("the driver reads no more")


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_keys_work_after_each_odd_input(driver, part):
    driver.type(part)
    assert any(isinstance(message, events.Key) for message in read_all(driver))


def test_keys_work_after_ten_thousand_random_inputs(driver):
    for data in inputs(10_000, seed=1):
        driver.type(data)
    sent = read_all(driver)
    assert sum(isinstance(message, events.Key) for message in sent) > 5_000


def test_characters_cut_between_two_reads_are_whole(driver):
    data = "한국어".encode()
    for byte in data:
        driver.type(bytes([byte]))
    keys = [message.character for message in read_all(driver) if isinstance(message, events.Key)]
    assert "".join(keys[:3]) == "한국어"


def test_a_byte_that_is_no_utf_8_is_one_replacement_character(driver):
    driver.type("caf\xe9!".encode("latin-1"))
    keys = [message.character for message in read_all(driver) if isinstance(message, events.Key)]
    assert "".join(keys[:5]) == "caf�!"


@pytest.mark.parametrize(
    ("sent", "copied"),
    [
        (b"one\rtwo\r\rthree", "one\ntwo\n\nthree"),
        (b"one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"),
        (b"one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        (b"\r\n\r", "\n\n"),
        (b"x" * 4089 + b"\r\n" + b"y", "x" * 4089 + "\ny"),
    ],
    ids=["tmux", "windows", "as it is", "only breaks", "cut between two reads"],
)
def test_a_pastes_line_breaks_are_line_feeds(driver, sent, copied):
    driver.type(b"\x1b[200~" + sent + PASTE_ENDS)
    pasted = [message.text for message in read_all(driver) if isinstance(message, events.Paste)]
    assert pasted[0] == copied


def test_sizes_no_terminal_has_are_not_believed(driver):
    driver.type(b"\x1b[48;40;120;800;960t" + b"\x1b[48;9999999;9999999;1;1t" + b"\x1b[48;0;0;0;0t")
    sizes = [message.size for message in read_all(driver) if isinstance(message, events.Resize)]
    assert sizes == [(120, 40)]


def test_the_app_lives_through_it(ready):
    terminal = ready(env={"NO_EDITOR": "1"})
    for data in inputs(300, seed=2):
        terminal.send(data)
    terminal.send(PASTE_ENDS + b"~~")
    terminal.send(F7)
    terminal.until("still here")


@pytest.mark.long
def test_the_app_lives_through_ten_thousand_inputs(ready):
    terminal = ready(env={"NO_EDITOR": "1"})
    for data in inputs(10_000, seed=3):
        terminal.send(data)
    terminal.send(PASTE_ENDS + b"~~")
    terminal.send(F7)
    terminal.until("still here")


def test_a_latin_1_paste_arrives(ready):
    terminal = ready(env={"NO_EDITOR": "1"})
    terminal.send(b"\x1b[200~" + "d\xe9j\xe0 vu".encode("latin-1") + PASTE_ENDS)
    terminal.until("pasted 7")


def test_a_megabyte_of_paste_arrives(ready):
    terminal = ready(env={"NO_EDITOR": "1"})
    terminal.send(b"\x1b[200~" + b"x" * 1_000_000 + PASTE_ENDS)
    terminal.until("pasted 1000000")

"""Configurations and themes that are wrong, or odd and right; made here, so that a new one is a line."""

from __future__ import annotations

from collections.abc import Mapping

CONFIGS: Mapping[str, str] = {
    "brackets without end": "theme = " + "[" * 5000 + "]" * 5000,
    "tables without end": "theme = " + "{a = " * 2000 + "1" + "}" * 2000,
    "dots without end": ".".join(["a"] * 3000) + " = 1",
    "keys of keys without end": "keymap." + ".".join(["a"] * 3000) + " = 1",
    **{f"{depth} brackets": "keymap = " + "[" * depth + "]" * depth for depth in (50, 200, 300, 400, 500, 900)},
    "a hundred thousand actions": "[keymap]\n" + "\n".join(f'a{number} = "x"' for number in range(100_000)),
    "keys without end": '[keymap]\nstep = "' + "n," * 50_000 + '"',
    "an action that is none": '[keymap]\nfly = "n"',
    "a key that is none": '[keymap]\nstep = "no such key"',
    "an empty key": '[keymap]\nstep = ""',
    "a number as a key": "[keymap]\nstep = 3",
    "a keymap that is none": "keymap = 3",
    "a key twice": '[keymap]\nstep = "r"',
    "ctrl+c taken away": '[keymap]\nstep = "ctrl+c"\nquit = "f20"',
    "ctrl+q taken away": '[keymap]\nrun = "f9,ctrl+q"',
    "a theme that is none": 'theme = "no such theme"',
    "a theme that is a number": "theme = 1",
    "a mouse that is a text": 'mouse = "yes"',
    "a setting that is none": "colour = 1",
    "a hostile setting": '"\\u001b]0;x\\u0007[/b]" = 1',
    "no TOML": "theme: dark",
    "a NUL": "theme = \0",
    "JSON": '{"theme": "dark"}',
}
"""Each is told in a line, and what is right beside it is used."""
ODD_CONFIGS: Mapping[str, str] = {
    "a byte order mark": '\ufeff[keymap]\nstep = "f9"',
    "an emoji as a key": '[keymap]\nstep = "🦄"',
    "no quit": '[keymap]\nquit = "f20"',
    "nothing": "",
}
"""Nothing is wrong with these."""

THEMES: Mapping[str, str] = {
    "a colour that is none": 'primary = "no colour"',
    "a style that is none": '[variables]\nblock-cursor-text-style = "nonsense"',
    "a style and more": '[variables]\nlink-style = "bold and more"',
    "an empty style": '[variables]\nlink-style = ""',
    "auto and nonsense": '[variables]\ntext = "auto nonsense"',
    "auto behind text": '[variables]\nblock-cursor-background = "auto"',
    "auto in a footer": '[variables]\nfooter-background = "auto 50%"',
    "auto as our own": '[variables]\nlive = "auto 87%"',
    "an empty colour": '[variables]\nlive = ""',
    "a rule in a colour": '[variables]\nlive = "red; } Screen { display: none"',
    "two colours": '[variables]\nlive = "red blue"',
    "a variable of another": '[variables]\nlive = "$nothing"',
    "half a colour": '[variables]\nlive = "hsl(1,2)"',
    "a name with a blank": '[variables]\n"a b" = "red"',
    "a name with a rule": '[variables]\n"a;b" = "red"',
    "no name": '[variables]\n"" = "red"',
    "a number as a colour": "[variables]\nlive = 3",
    "variables that are none": "variables = 3",
    "dark as a number": "dark = 3",
    "a spread that is a text": 'luminosity_spread = "wide"',
    "a spread that is no number": "luminosity_spread = nan",
    "an alpha without end": "text_alpha = inf",
    "nothing to draw on": 'background = "transparent"',
    "half of something to draw on": 'surface = "#00a0ff80"',
    "a field that is none": 'primary2 = "red"',
    "a theme without name": 'name = ""',
    "a hostile name": 'name = "\\u001b]0;x\\u0007"',
    "nested without end": "x = " + "[" * 5000 + "]" * 5000,
    "no TOML at all": "primary: red",
}
"""Each is left out, with a line."""
ODD_THEMES: Mapping[str, str] = {
    "a style turned round": '[variables]\nlink-style = "not bold"',
    "less of a colour": '[variables]\nlive = "red 50%"\ncursor = "ansi_red 50%"',
    "more of a colour": '[variables]\nlive = "red 500%"',
    "colours out of range": '[variables]\nlive = "rgb(300,0,0)"',
    "transparent": '[variables]\nlive = "transparent"',
    "the terminal's own": 'surface = "ansi_red"\nforeground = "ansi_default"',
    "a wide spread": "luminosity_spread = 99.0",
    "auto for text": '[variables]\ntext = "auto"',
    "a background that is initial": '[variables]\nlink-background = "initial"',
    "a variable of nobody's": '[variables]\nnobody = "red"',
    "a byte order mark": "\ufeff",
}
"""Each may be chosen, and the program lives on."""

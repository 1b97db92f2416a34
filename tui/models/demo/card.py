"""The demo model's card, its figures and samples taken from the weights themselves."""

from pathlib import Path
from string import Template

import torch

from tui.models.demo.evaluate import WINDOW, bits_per_byte, load
from tui.models.demo.model import CONTEXT

SEED = 42
TEMPERATURES = 0.5, 1.0, 2.0
NEW_TOKENS = 60
PROMPT = (
    "In a shocking finding, scientist discovered a herd of unicorns living in a remote, "
    "previously unexplored valley, in the Andes Mountains. Even more surprising to the "
    "researchers was the fact that the unicorns spoke perfect English.\n\n\n"
)
"""The prompt of the samples in Radford et al. 2019, as published."""

CARD = Template("""\
# The demo model

A small language model that comes with the program, so that everything can be tried at once and
offline. It is a real one, trained for this project from random weights: it loads with
`AutoModelForCausalLM.from_pretrained` and `AutoTokenizer.from_pretrained` like any other. It is
not a good writer; what it is good for is showing what sampling does.

| | |
| --- | --- |
| architecture | Llama: 6 layers, width 256, 4 heads, feed-forward 704, tied embeddings |
| parameters | $parameters million |
| vocabulary | 8,192 tokens, byte-level BPE; `<|endoftext|>` (id 0) begins and ends a text |
| context | 1,024 tokens |
| files | $megabytes MB; weights stored in bfloat16, computing in float32 |
| trained on | $tokens million tokens |
| validation | **$bits bits per byte** in windows of 512 tokens, $long_bits in windows of 1,024 |
| licence | MIT, like the project |

## Data

English prose: novels, tales and other books, 501 of them, all in the public domain, the titles
chosen after Standard Ebooks and Project Gutenberg. Headings, verse, plays and notes were left
out, quotation marks made straight. The training text is 219 MB ($text_tokens million tokens), more than
twice as long as what the model saw of it. Validation is on all 2.4 MB of nine other books:
windows do not overlap, every token and every byte counts.

## Training

Muon (Jordan et al. 2024) for the matrices, AdamW for embeddings and norms; 8,192 tokens a step,
in rows of 256, then 512 from half-way and 1,024 for the last tenth; a short warm-up, then a
constant rate, falling linearly to 0 over the last 60 %. From a folder that holds `train.txt` and
`valid.txt`, one command makes all files here, this card too; another measures the weights:

    python -m tui.models.demo.train TEXT_FOLDER
    python -m tui.models.demo.evaluate TEXT_FOLDER

## What it is not good for

- Facts: it makes up everything it says.
- Instructions, questions, conversation: it only continues text.
- Anything after about 1930, including the way people write and think since; the prejudices of
  old books are in it.
- Other languages, and code.
- Long thoughts: it forgets what a paragraph was about.

## Samples

The prompt of Radford et al. 2019 (the unicorns of the Andes), continued by $new_tokens tokens
with seed $seed, `top_k=0`, `top_p=1`: the first try each, quoted as it came.

$samples
""")


def samples(folder: Path) -> str:
    """Continue the prompt at each temperature with `generate`, as Markdown."""
    model, tokenizer = load(folder)
    inputs = tokenizer(PROMPT, return_tensors="pt", return_token_type_ids=False)
    start = inputs["input_ids"].shape[1]
    parts = []
    for temperature in TEMPERATURES:
        torch.manual_seed(SEED)
        ids = model.generate(
            **inputs,
            do_sample=True,
            temperature=temperature,
            top_k=0,
            top_p=1.0,
            max_new_tokens=NEW_TOKENS,
            pad_token_id=0,
        )
        text = tokenizer.decode(ids[0, start:], skip_special_tokens=True)
        parts.append(f"Temperature {temperature:g}:\n\n```text\n{text}\n```")
    return "\n\n".join(parts)


def write_card(folder: Path, text: Path, tokens: int, text_tokens: int) -> None:
    """Measure the model in `folder`, which saw so many `tokens` of a text of `text_tokens`, and write its README.md."""
    model, _ = load(folder)
    files = [path for path in folder.iterdir() if path.suffix in {".json", ".safetensors"}]
    card = CARD.substitute(
        parameters=f"{model.num_parameters() / 1e6:.1f}",
        megabytes=f"{sum(path.stat().st_size for path in files) / 1e6:.1f}",
        tokens=f"{tokens / 1e6:.1f}",
        text_tokens=f"{text_tokens / 1e6:.0f}",
        bits=f"{bits_per_byte(folder, text, WINDOW):.3f}",
        long_bits=f"{bits_per_byte(folder, text, CONTEXT):.3f}",
        new_tokens=NEW_TOKENS,
        seed=SEED,
        samples=samples(folder),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")

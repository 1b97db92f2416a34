"""The demo model as it is trained: Llama's arithmetic on stacked weights.

Transformers computes the same function from the same numbers; here equal matrices of all
layers lie in one tensor (which Muon orthogonalises in one batch), products run in bfloat16
where the processor has it and the loss never holds the logits of a whole batch.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaConfig

from tui.models.demo.data import VOCABULARY

WIDTH, LAYERS, HEADS, FEED_FORWARD, CONTEXT = 256, 6, 4, 704, 1024
HEAD_WIDTH = WIDTH // HEADS
ROPE_THETA = 10_000.0
NORM_EPSILON = 1e-6
POSITIONS_PER_BLOCK = 128
TOKENS_PER_CHUNK = 1024
"""Tokens whose logits exist at one time: 1,024 x 8,192 in bfloat16 stay in the cache."""
PRODUCTS = torch.bfloat16 if torch.backends.cpu.get_cpu_capability().startswith("AVX512") else torch.float32
"""What matrices are multiplied in: without instructions for it bfloat16 takes fifty times as long as float32."""


def config() -> LlamaConfig:
    """Describe the model to transformers."""
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=NORM_EPSILON,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
    )


class LinearCrossEntropy(torch.autograd.Function):
    """The mean cross-entropy of a linear layer's logits, its gradients made on the way."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """Return the loss in nats of `hidden` (tokens x width) under `weight` (ids x width)."""
        total = hidden.new_zeros((), dtype=torch.float32)
        weight_gradient = torch.zeros_like(weight, dtype=torch.float32)
        hidden_gradients = []
        hiddens, ids = (torch.split(whole, TOKENS_PER_CHUNK) for whole in (hidden, targets))
        for part, target in zip(hiddens, ids, strict=True):
            logits = (part @ weight.T).float()
            normaliser = logits.logsumexp(-1, keepdim=True)
            total = total + (normaliser - logits.gather(1, target[:, None])).sum()
            hit = torch.arange(len(weight)) == target[:, None]
            slope = ((logits - normaliser).exp() - hit.float()).to(hidden.dtype)
            hidden_gradients.append(slope @ weight)
            weight_gradient = weight_gradient + slope.T @ part
        ctx.save_for_backward(torch.cat(hidden_gradients), weight_gradient)
        return total / len(targets)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        """Scale the gradients that `forward` made."""
        hidden, weight = ctx.saved_tensors
        scale = upstream[0] / len(hidden)
        return hidden * scale.to(hidden.dtype), (weight * scale).to(hidden.dtype), None


def cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Apply LinearCrossEntropy, typed."""
    loss: Tensor = LinearCrossEntropy.apply(hidden, weight, targets)  # type: ignore[no-untyped-call]
    return loss


def rotary_tables(length: int) -> tuple[Tensor, Tensor]:
    """Return cosines and sines (length x head width) of rotary positions (Su et al. 2021)."""
    frequencies = ROPE_THETA ** (-torch.arange(0, HEAD_WIDTH, 2).float() / HEAD_WIDTH)
    angles = torch.arange(length).float()[:, None] * frequencies
    angles = torch.cat([angles, angles], -1)
    return angles.cos().to(PRODUCTS), angles.sin().to(PRODUCTS)


def rotate(x: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Turn pairs of a head's halves by the angle of their position."""
    left, right = x.chunk(2, -1)
    return x * tables[0] + torch.cat([-right, left], -1) * tables[1]


def normalise(x: Tensor, gain: Tensor) -> Tensor:
    """Divide by the root mean square (Zhang and Sennrich 2019), computing in float32."""
    wide = x.float()
    wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + NORM_EPSILON)
    return (wide * gain).to(PRODUCTS)


class Llama(nn.Module):
    """The trainable weights, float32, and the loss that they give."""

    def __init__(self) -> None:
        """Draw the weights: deviation 0.02, but nought where a layer writes its result."""
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(VOCABULARY, WIDTH) * 0.02)
        self.gains = nn.Parameter(torch.ones(2 * LAYERS + 1, WIDTH))
        self.attention_in = nn.Parameter(torch.randn(LAYERS, 3, WIDTH, WIDTH) * 0.02)
        self.attention_out = nn.Parameter(torch.zeros(LAYERS, WIDTH, WIDTH))
        self.feed_in = nn.Parameter(torch.randn(LAYERS, 2, FEED_FORWARD, WIDTH) * 0.02)
        self.feed_out = nn.Parameter(torch.zeros(LAYERS, WIDTH, FEED_FORWARD))

    def matrices(self) -> list[nn.Parameter]:
        """Return the stacks of matrices: what Muon trains."""
        return [self.attention_in, self.attention_out, self.feed_in, self.feed_out]

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss, nats a token, of ids (rows x length)."""
        tables = rotary_tables(inputs.shape[1])
        embedding = self.embedding.to(PRODUCTS)
        stream = functional.embedding(inputs, self.embedding)
        gains = self.gains.unbind()
        stacks = [stack.to(PRODUCTS).unbind() for stack in self.matrices()]
        for layer, (wide, narrow, up, down) in enumerate(zip(*stacks, strict=True)):
            x = normalise(stream, gains[2 * layer])
            stream = stream + attend(x, wide, narrow, tables)
            x = normalise(stream, gains[2 * layer + 1])
            gate, value = functional.linear(x, up.reshape(-1, WIDTH)).chunk(2, -1)
            stream = stream + functional.linear(functional.silu(gate) * value, down)
        hidden = normalise(stream, gains[-1]).reshape(-1, WIDTH)
        return cross_entropy(hidden, embedding, targets.reshape(-1))

    def named_for_transformers(self) -> Iterator[tuple[str, Tensor]]:
        """Yield every weight under the name that LlamaForCausalLM gives it."""
        yield "model.embed_tokens.weight", self.embedding
        yield "model.norm.weight", self.gains[-1]
        for layer in range(LAYERS):
            name = f"model.layers.{layer}."
            yield name + "input_layernorm.weight", self.gains[2 * layer]
            yield name + "post_attention_layernorm.weight", self.gains[2 * layer + 1]
            for part, matrix in zip("qkv", self.attention_in[layer], strict=True):
                yield name + f"self_attn.{part}_proj.weight", matrix
            yield name + "self_attn.o_proj.weight", self.attention_out[layer]
            for part, matrix in zip(("gate", "up"), self.feed_in[layer], strict=True):
                yield name + f"mlp.{part}_proj.weight", matrix
            yield name + "mlp.down_proj.weight", self.feed_out[layer]


def attend(x: Tensor, wide: Tensor, narrow: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Let every position of `x` (rows x length x width) look back over its row."""
    rows, length, _ = x.shape
    parts = functional.linear(x, wide.reshape(-1, WIDTH)).view(rows, length, 3, HEADS, HEAD_WIDTH)
    query, key, value = (part.transpose(1, 2) for part in parts.unbind(2))
    query, key = rotate(query, tables), rotate(key, tables)
    query, key, value = (part.reshape(-1, length, HEAD_WIDTH) for part in (query, key, value))
    blocks = range(0, length, POSITIONS_PER_BLOCK)
    mixed = torch.cat([look_back(query, key, value, start) for start in blocks], 1)
    mixed = mixed.view(rows, HEADS, length, HEAD_WIDTH).transpose(1, 2)
    return functional.linear(mixed.reshape(rows, length, WIDTH), narrow)


def look_back(query: Tensor, key: Tensor, value: Tensor, start: int) -> Tensor:
    """Attend from one block of positions; plain products beat torch's own attention on a CPU."""
    end = start + POSITIONS_PER_BLOCK
    scores = torch.bmm(query[:, start:end], key[:, :end].mT).float() * HEAD_WIDTH**-0.5
    behind = torch.arange(end)[None, :] <= torch.arange(start, end)[:, None]
    weights = scores.masked_fill(~behind, -torch.inf).softmax(-1).to(PRODUCTS)
    return torch.bmm(weights, value[:, :end])

"""What happens to a row of logits: ranking, stages, the chain, the draw. torch, never transformers."""

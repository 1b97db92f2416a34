"""What happens to logits: ranking, stages, the chain, the draw. torch, never transformers."""

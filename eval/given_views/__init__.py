"""View synthesis on views that were made elsewhere, by the rules of pixel-nerf."""

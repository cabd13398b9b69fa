"""Web pages: library and player, built from src/ into dist/ by esbuild."""

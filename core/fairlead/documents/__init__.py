"""JSON documents: strict reading with places, their shape, texts, canonical form and digest."""

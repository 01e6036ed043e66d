"""What a person writes becomes a material, or a clear refusal."""

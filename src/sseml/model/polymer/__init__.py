"""The model of polymer electrolytes: σ(T) learned from measurements at every temperature."""

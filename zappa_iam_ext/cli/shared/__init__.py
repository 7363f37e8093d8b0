"""What several commands share: options, output, how plans are made and shown."""

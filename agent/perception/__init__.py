"""From frames and sound to readings: faces, hands, expressions, speech, words, intents."""

"""From answers and gold to numbers: label, text, embedding and judged metrics."""

"""Which of thousands of conditions a document fits, found without trying each: `matcher` is the way in."""

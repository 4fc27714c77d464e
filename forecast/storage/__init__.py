"""Files that may be anything: written whole or not at all, bounded and checked before a parser sees a byte."""

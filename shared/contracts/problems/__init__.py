"""The codes of problem documents (RFC 9457): each with its status, its meaning, its causes and its next steps."""

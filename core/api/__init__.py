"""The door for machines: tokens, strict JSON, bounded answers, refusals as problem documents. The verbs are the same as the pages'."""

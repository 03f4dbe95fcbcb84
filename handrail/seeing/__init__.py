"""Being seen: lines of logs, figures and spans, without a customer's word in any of them."""

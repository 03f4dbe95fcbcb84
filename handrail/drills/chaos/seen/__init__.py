"""Evidence of a drill: what is read of the record, the shop, the audit and Temporal."""

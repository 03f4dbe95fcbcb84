CREATE INDEX queue_items_by_queue ON handrail.queue_items (queue, tier, priority, due_at);

-- Messages of webhooks that were delivered or given up are kept for a while, and found by when that was.
CREATE INDEX webhook_messages_settled ON handrail.webhook_messages (attempted_at) WHERE state <> 'pending';

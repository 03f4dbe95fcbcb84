CREATE SCHEMA wallets;
CREATE TABLE wallets.wallets (customer_id text PRIMARY KEY, balance integer NOT NULL);
CREATE TABLE wallets.payments (key text NOT NULL, customer_id text NOT NULL, amount integer NOT NULL, receiver text NOT NULL);
INSERT INTO wallets.wallets VALUES ('C-1', 1000), ('C-2', 10);

create schema retail;

create table retail.loads (
    only_one  boolean primary key default true check (only_one),
    loaded_at timestamptz not null default now()
);

create table retail.products (
    product_id text primary key,
    place      integer not null unique,
    name       text not null
);

create table retail.items (
    product_id text not null references retail.products,
    item_id    text not null,
    place      integer not null,
    options    jsonb not null,
    available  boolean not null,
    price      numeric(12, 2) not null check (price >= 0),
    primary key (product_id, item_id)
);
create index items_by_id on retail.items (item_id);

create table retail.users (
    user_id    text primary key,
    place      integer not null unique,
    first_name text not null,
    last_name  text not null,
    email      text not null,
    address    jsonb not null,
    orders     text[] not null
);

-- A gift card never pays more than is on it, whatever the code above believes.
create table retail.payment_methods (
    user_id           text not null references retail.users,
    payment_method_id text not null,
    place             integer not null,
    source            text not null check (source in ('credit_card', 'paypal', 'gift_card')),
    balance           numeric(12, 2) check (balance >= 0),
    brand             text,
    last_four         text,
    primary key (user_id, payment_method_id),
    check ((source = 'gift_card') = (balance is not null))
);

create table retail.orders (
    order_id                   text primary key,
    place                      integer not null unique,
    user_id                    text not null references retail.users,
    address                    jsonb not null,
    status                     text not null check (status in (
        'pending', 'pending (item modified)', 'processed', 'delivered', 'cancelled', 'exchange requested', 'return requested'
    )),
    cancel_reason              text,
    exchange_items             text[],
    exchange_new_items         text[],
    exchange_payment_method_id text,
    exchange_price_difference  numeric(12, 2),
    return_items               text[],
    return_payment_method_id   text
);
create index orders_of_user on retail.orders (user_id);

create table retail.order_items (
    order_id   text not null references retail.orders,
    line       integer not null,
    product_id text not null,
    item_id    text not null,
    name       text not null,
    price      numeric(12, 2) not null check (price >= 0),
    options    jsonb not null,
    primary key (order_id, line)
);

create table retail.fulfillments (
    order_id     text not null references retail.orders,
    place        integer not null,
    tracking_ids text[] not null,
    item_ids     text[] not null,
    primary key (order_id, place)
);

-- What was paid and given back, in its order; maybe with a method that the customer has removed since.
create table retail.payments (
    order_id          text not null references retail.orders,
    place             integer not null,
    transaction_type  text not null check (transaction_type in ('payment', 'refund')),
    amount            numeric(12, 2) not null check (amount >= 0),
    payment_method_id text not null,
    primary key (order_id, place)
);

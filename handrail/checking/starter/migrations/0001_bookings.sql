create schema acme;
create table acme.bookings (
    booking_id  text primary key,
    customer_id text not null,
    day         date not null,
    guests      integer not null check (guests between 1 and 20)
);

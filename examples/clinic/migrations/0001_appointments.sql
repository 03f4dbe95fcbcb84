create schema clinic;
create table clinic.appointments (
    appointment_id text primary key,
    patient_id     text not null,
    kind           text not null check (kind in ('checkup', 'scan', 'operation')),
    starts         timestamptz not null,
    paid           numeric(8, 2) not null default 0,
    state          text not null default 'booked' check (state in ('booked', 'cancelled', 'missed'))
);

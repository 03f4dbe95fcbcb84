insert into retail.loads default values on conflict do nothing

lock table shop.seedings in exclusive mode

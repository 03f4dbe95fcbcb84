select seed from shop.seedings

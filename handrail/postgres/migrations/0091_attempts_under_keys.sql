-- Every effect of another system is noted before it is sent; under a key it may be sent again, as the same effect.

COMMENT ON TABLE handrail.effect_attempts IS
'attempts at effects of other systems, noted before anything is sent: until one is answered or settled, nobody knows whether '
'it was made';

"""`dltool sweep`: trials of one config with different values, in several processes that share one study."""

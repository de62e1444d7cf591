"""Order entry: takes orders over HTTP and puts them on the order queue."""

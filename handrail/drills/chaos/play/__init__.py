"""The load of a drill: customers, people, faults and a switch, each by the plan."""

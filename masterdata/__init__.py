"""What documents talk about: items, units, categories, customers, suppliers, departments, employees, currencies, tax rates."""

"""One user story to a module, one public function of the same name; pages, API and commands share them."""

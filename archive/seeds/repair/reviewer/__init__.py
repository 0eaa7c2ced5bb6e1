"""The reviewer role: tells right patches from patches that merely pass the visible tests."""

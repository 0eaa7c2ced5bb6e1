"""What we and plug-in authors test with: the sandbox conformance kit, fakes, scripted providers."""

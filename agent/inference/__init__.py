"""ONNX models: which exist, whether they are the right ones, and sessions that run them."""

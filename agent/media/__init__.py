"""WebRTC with customers: offers to tracks, tracks to stamped frames and windows, synthesized speech to a track."""

"""Attachments: takes files, keeps them, and gives them to those who may see the message."""

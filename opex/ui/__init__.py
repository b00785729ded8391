"""The only opex code that knows Streamlit."""

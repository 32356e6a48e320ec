"""Function cards: what a flow needs beside Gmail. Each module declares one."""
